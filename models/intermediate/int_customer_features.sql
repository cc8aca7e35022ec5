-- One row per customer with an accepted transaction, as of the as-of date.
{{ customer_segmentation.select_customer_features(ref('int_as_of_date')) }}
