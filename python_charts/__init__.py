"""Charts of the published segment tables, on one page that works offline."""
