'use strict';

/**
 * The `ping` route has no function, so osls does not know that a deployment of the socket API must wait for it, and would
 * deploy the API without it. This makes the deployment wait.
 */
class PingPlugin {
  constructor(serverless) {
    this.hooks = {
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { Resources } = serverless.service.provider.compiledCloudFormationTemplate;
        for (const resource of Object.values(Resources)) {
          if (resource.Type === 'AWS::ApiGatewayV2::Deployment') {
            resource.DependsOn.push('PingRoute', 'PingRouteResponse', 'PingIntegrationResponse');
          }
        }
      },
    };
  }
}

module.exports = PingPlugin;
