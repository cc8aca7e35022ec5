-- One row per customer with a purchase in the window: what the model sees, on the scale
-- that is standardised. Categories are encoded here; unknown stays null.
{{ customer_segmentation.select_model_inputs(ref('int_customer_features')) }}
