/** The version in package.json; a test holds the two together, so that no start need read that file. */
export const VERSION = '0.1.0'
