"""What every folder stands on: settings, database, money, units, people, audit, errors. No HTTP, no business nouns."""
