"""The whole service under SIGKILL and cut links, judged by the books that the registers kept."""
