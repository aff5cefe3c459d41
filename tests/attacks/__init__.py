"""What somebody who means harm would try: script and formulas in every text, tricks with files, addresses, hosts and slowness."""
