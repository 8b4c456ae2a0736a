/** Base64 without line breaks. */
export const payloadForm: RegExp = /^[A-Za-z0-9+/]*={0,2}$/
