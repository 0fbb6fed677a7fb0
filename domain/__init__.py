"""The rules, one noun a file. A module stores first and announces after."""
