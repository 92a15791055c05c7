"""The guarded side: production is only read, never stalled, and given back at once when somebody needs it."""
