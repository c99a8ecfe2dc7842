"""What runs in the worker: this folder and nothing else of the project is sent into the sandbox.

It knows neither a claim nor an expected value: it is told a topic, a function and arguments, and answers with data.
"""
