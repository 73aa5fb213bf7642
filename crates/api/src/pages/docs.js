"use strict";
// Shows the contract of the very server this page comes from. The contract names one address; this
// page may be seen at another, and its policy lets it ask none but its own.
fetch("/v1/openapi.json")
  .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`answered ${answer.status}`))))
  .then((contract) => {
    contract.servers = [{ url: location.origin, description: "This installation" }];
    SwaggerUIBundle({
      spec: contract,
      dom_id: "#page",
      presets: [SwaggerUIBundle.presets.apis],
      layout: "BaseLayout",
      deepLinking: true,
      // Eighty operations are no overview; their groups are.
      docExpansion: "none",
      defaultModelsExpandDepth: 0,
      defaultModelRendering: "example",
      displayRequestDuration: true,
      filter: true,
      tryItOutEnabled: true,
      persistAuthorization: false,
      validatorUrl: null,
    });
  })
  .catch((error) => {
    document.querySelector("#page .wait").textContent = `The contract cannot be read: ${error.message}`;
  });
