"""What runs in the sandbox: this folder, and nothing else of the project, is sent there as the package `inside`.

It holds no claim and no expected value: it receives a topic, a function and arguments, and answers with data.
"""
