"""How operations reach the schema: HTTP, Server-Sent Events and graphql-transport-ws."""
