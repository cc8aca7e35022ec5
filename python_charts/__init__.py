"""One page of charts of the published segment tables; it works offline."""
