"""Who may see what, and the audit of it: between the use cases and the store.

There is no disclosure policy yet, which is why the API only listens on the loopback interface.
"""
