"""What is done, for whom and by whom: jurisdictions, plans, programmes, projects, departments, and who may see or edit them."""
