'use strict';

/** @returns {object} The same as the output WebUrl. Without a page, which cannot be here, it is what stands for none. */
function originOf(url) {
  return { 'Fn::If': ['HasWeb', url, 'https://localhost'] };
}

/** Beside the origins that are named, or in the place of the one that stands for none. */
function open(resources, origin) {
  const isNamed = Boolean(process.env.WEB_ORIGINS);
  const add = (origins) => {
    // One list may be that of several functions.
    if (origins.includes(origin)) return;
    if (!isNamed) origins.length = 0;
    origins.push(origin);
  };
  add(resources.HttpApi.Properties.CorsConfiguration.AllowOrigins);
  for (const rule of resources.FilesBucket.Properties.CorsConfiguration.CorsRules) add(rule.AllowedOrigins);
  for (const { Type, Properties } of Object.values(resources)) {
    const variables = Type === 'AWS::Lambda::Function' && Properties.Environment?.Variables;
    if (!variables) continue;
    if (variables.WEB_ORIGINS) add(variables.WEB_ORIGINS['Fn::Join'][1]);
    if (variables.WEB_URL && !isNamed) variables.WEB_URL = origin;
  }
}

/**
 * Where this stack has a page of its own, open the APIs and the bucket for files to it. Its origin is known to CloudFormation
 * alone, and osls takes nothing but words for the origins of an API, so it is added to the finished template.
 */
function openToPage({ Resources, Outputs }, web) {
  if (web === 'true') open(Resources, originOf(Outputs.WebUrl.Value));
}

module.exports = { openToPage };
