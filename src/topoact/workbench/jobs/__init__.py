"""Long work in a worker process: `tasks`, the `runner` that queues them, the `process` that runs them."""
