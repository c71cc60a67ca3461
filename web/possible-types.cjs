/** Which types an interface or a union may turn out to be, for the cache of the pages. */
const { isAbstractType } = require('graphql');

exports.plugin = (schema) => {
  const abstract = Object.values(schema.getTypeMap()).filter((type) => isAbstractType(type) && !type.name.startsWith('__'));
  const possible = abstract.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]);
  return `export const POSSIBLE_TYPES: Record<string, string[]> = ${JSON.stringify(Object.fromEntries(possible), null, 2)};\n`;
};
