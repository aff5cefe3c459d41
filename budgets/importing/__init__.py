"""Reading ledger entries from a file that somebody sent: opened and checked cell by cell, staged, then applied all or nothing.

Begin with reading.py (what a file goes through); tables.py holds the rows in between, applying.py writes the ledger.
"""
