"""Masks production rows on their way to staging: rules, plan, keyed masks, the stream."""
