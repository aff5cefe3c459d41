"""What it should cost and what it did.

Estimates: estimates.py, packages.py. Where money comes from: sources.py. Yearly budgets: lines.py and the line_ files, gap.py.
The ledger: entries.py (its table and stages), entry_rules.py, ledger.py (writing), approval.py (posting), totals.py.
Which entries count as of a quarter: portfolio/facts.py. Rates: rates.py. Warnings: checks.py, explanations.py. Files: importing/.
"""
