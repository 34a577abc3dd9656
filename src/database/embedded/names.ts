/** Names of the one database and its owner, those of the developer guide. */
export const databaseName = 'meshmon'
export const userName = 'mesh'
