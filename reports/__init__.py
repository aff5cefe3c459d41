"""Numbers across all folders and the files made from them."""
