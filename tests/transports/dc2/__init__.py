"""DUALConnector 2: its documents, and a pinpad behind somebody's service."""
