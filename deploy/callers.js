'use strict';

// Whatever may ask: a route, or an authorizer.
const SOCKETS = 'arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${WebsocketsApi}/*';

/** Let this stack's socket API alone call the functions of its routes. osls lets every API do so, also those of strangers. */
function narrowCallers(template) {
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type === 'AWS::Lambda::Permission' && !Properties.SourceArn) Properties.SourceArn = { 'Fn::Sub': SOCKETS };
  }
}

module.exports = { narrowCallers };
