-- One row per customer with a purchase in the window: scores from 1 to 5, 5 is best.
{{ customer_segmentation.select_rfm_scores(ref('int_customer_features')) }}
