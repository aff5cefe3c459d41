"""What should be done by when and what was: quantities, commitments, indicators and their targets."""
