'use strict';

/**
 * How much of the quota that all APIs of an account share (10,000 requests a second) each route may take. Whoever asks
 * for more is answered 429 by API Gateway itself, and costs nothing.
 */

/** `{rate: 20, burst: 40}`: requests a second, and at the same moment. */
function limit({ rate, burst }) {
  return { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst };
}

/** Which of a template's routes have these keys: a stage may name none that is not there yet. */
function routesOf(template, api, keys) {
  const found = Object.entries(template.Resources).filter(
    ([, { Type, Properties }]) =>
      Type === 'AWS::ApiGatewayV2::Route' && Properties.ApiId.Ref === api && keys.includes(Properties.RouteKey),
  );
  if (found.length !== keys.length) {
    const known = found.map(([, { Properties }]) => Properties.RouteKey);
    throw new Error(`Throttled, but no route: ${keys.filter((key) => !known.includes(key)).join(', ')}`);
  }
  return found.map(([id]) => id);
}

/** Throttle the stages of a finished template. */
function throttle(template, throttles) {
  const stages = { http: ['HttpApi', 'HttpApiStage'], socket: ['WebsocketsApi', 'WebsocketsDeploymentStage'] };
  for (const [kind, [api, id]] of Object.entries(stages)) {
    const { default: usual, ...routes } = throttles[kind];
    const stage = template.Resources[id];
    stage.Properties.DefaultRouteSettings = { ...stage.Properties.DefaultRouteSettings, ...limit(usual) };
    stage.Properties.RouteSettings = Object.fromEntries(Object.entries(routes).map(([key, one]) => [key, limit(one)]));
    stage.DependsOn = [].concat(stage.DependsOn || [], routesOf(template, api, Object.keys(routes)));
  }
}

module.exports = { throttle };
