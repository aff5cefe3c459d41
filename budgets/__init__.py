"""What it should cost and what it did: estimates, and from the next issue budgets and the ledger."""
