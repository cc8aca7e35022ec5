-- One row per customer with a purchase in the window: the nearest segment, the next, how
-- clear the case is, and why. The same SQL for training customers and for new ones.
{{ customer_segmentation.select_customer_scores(
    ref('int_customer_model_inputs'), with_reasons=true
) }}
