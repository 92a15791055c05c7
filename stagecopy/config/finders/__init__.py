"""Finds production's URL in the application's own files. Pure functions over text: nothing is run or evaluated."""
