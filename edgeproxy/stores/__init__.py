"""What is kept in memory: stored responses, fetches under way, key value stores."""
