// The audits of graphql-http on the server at the address given: a line of JSON for each.
import { serverAudits } from 'graphql-http';

const [url] = process.argv.slice(2);
for (const audit of serverAudits({ url, fetchFn: fetch })) {
  const { status, reason, response } = await audit.fn();
  await response?.body?.cancel();
  console.log(JSON.stringify({ name: `${audit.id} ${audit.name}`, status, reason: reason ?? null }));
}
