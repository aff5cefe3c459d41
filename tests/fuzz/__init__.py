"""What nobody would type, sent to everything that takes something from outside; each run says how many inputs it tried."""
