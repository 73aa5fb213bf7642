// Node runs the compiled client as it is, so its imports name files.
export default {
  output: { path: 'client', module: { extension: '.js' } },
  plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
};
