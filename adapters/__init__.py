"""The rest of AWS, a module each. Vendor errors become plain ones here."""
