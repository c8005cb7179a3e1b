"""The dialect of CashDesk: what it means, and how it is answered."""
