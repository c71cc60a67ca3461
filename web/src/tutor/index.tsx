import { Missing } from '../app/Missing';
import { ReviewPage } from './Review';
import { SessionPage } from './Session';
import { StudentPage } from './Student';
import { StudentsPage } from './Students';

/** The pages of tutors. */
export default function Tutor({ rest: [page, id] }: { rest: string[] }) {
  if (page === undefined) return <StudentsPage />;
  if (page === 'review') return <ReviewPage />;
  if (page === 'students' && id) return <StudentPage key={id} id={id} />;
  if (page === 'sessions' && id) return <SessionPage key={id} id={id} />;
  return <Missing />;
}
