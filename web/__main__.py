"""`python -m web`: the qingshan command where the program is not installed, such as in a container."""

from web.cli import main

main()
