'use strict'
// What handlers find without importing it.

/** The global that streaming handlers are made with. Its parts are loaded when they are used. */
function provideStreaming(env) {
  if (['1', 'true'].includes(env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) return
  globalThis.awslambda = {
    streamifyResponse: (handler, options) => require('./stream.cjs').streamifyResponse(handler, options),
    get HttpResponseStream() {
      return require('./stream.cjs').HttpResponseStream
    },
  }
}

module.exports = { provideStreaming }
