// Apollo Server behind Express, as its documentation has it for production.
import { ApolloServer } from '@apollo/server'
import { expressMiddleware } from '@as-integrations/express5'
import express from 'express'
import { contextOf, schema } from './schema.mjs'

const server = new ApolloServer({ schema, introspection: false, cache: 'bounded' })
await server.start()
const app = express().disable('x-powered-by').disable('etag')
const context = ({ req }) => contextOf(req.headers)
app.use('/graphql', express.json(), expressMiddleware(server, { context }))
app.listen(Number(process.env.PORT), '127.0.0.1')
