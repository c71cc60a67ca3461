// PostGraphile on the API's own tables, with the viewer's identity set for each request: `node server.mjs PORT URL`.
//
// The request says whose it is in a header, unsigned: this server checks no token.
import { createServer } from "node:http";

import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { jsonPgSmartTags } from "postgraphile/utils";
import pg from "pg";

const [port, url] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 10, idleTimeoutMillis: 0 });

// What set_viewer sets for its transaction, told to the caller, so that PostGraphile can set it in its own.
const IDENTIFY = {
  name: "identify",
  text: `select current_setting('app.viewer_sub') as "app.viewer_sub", current_setting('app.viewer_id') as "app.viewer_id",
    current_setting('app.viewer_role') as "app.viewer_role", current_setting('app.students') as "app.students",
    current_setting('app.people') as "app.people"
  from set_viewer($1, true)`,
};

// The tables' own keys to people go over a column that the application's role does not read, so that it sees none of
// them. These are the same ones without it.
const to = (column, table, one, many) =>
  `(${column}) references public.${table} (id)|@fieldName ${one}|@foreignFieldName ${many}`;
const student = (many) => to("student_id", "users", "student", many);
const KEYS = {
  tutor_student_assignments: [student("tutorsOf"), to("tutor_id", "users", "tutor", "studentsOf")],
  goals: [student("goals")],
  sessions: [student("sessions"), to("tutor_id", "users", "tutor", "sessionsHeld")],
  practice_assignments: [student("practice")],
};
const config = {
  class: Object.fromEntries(Object.entries(KEYS).map(([table, foreignKey]) => [`public.${table}`, { tags: { foreignKey } }])),
  // It lets conditions on columns be only where an index begins with them; idx_tsa_status has it otherwise.
  attribute: { "public.tutor_student_assignments.status": { tags: { behavior: "+filterBy" } } },
};

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [jsonPgSmartTags({ version: 1, config })],
  pgServices: [makePgService({ pool, schemas: ["public"] })],
  grafserv: { graphiql: false, watch: false },
  grafast: {
    explain: false,
    async context(requestContext) {
      const subject = requestContext.node.req.headers["x-viewer"];
      const found = await pool.query({ ...IDENTIFY, values: [subject] });
      return { pgSettings: { role: "study_app", ...found.rows[0] } };
    },
  },
});

const server = createServer();
await instance.createServ(grafserv).addTo(server);
server.listen(Number(port), "127.0.0.1");
