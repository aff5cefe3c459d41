"""The five plans as data, and the loader that puts them into the database."""
