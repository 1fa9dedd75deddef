// The module that a runtime loads while it has no function yet (wait.cjs).
export const handler = async (event) => event
