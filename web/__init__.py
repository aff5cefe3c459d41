"""The ways in: pages, API and commands. The only folder that knows HTTP."""
