"""The words that PostgreSQL's own messages are made of; any other word of a message may come from a row.

Surprising: what is not listed is withheld, so a missing word costs a "…" in a message and an extra one could show a
piece of somebody's data. Words that are also names of people or places stay out.
"""

from __future__ import annotations

_MESSAGES = """
a abort aborted above accept access active actual add added after again aggregate alias all allow allowed already
ambiguous an and another any appear appears append apply are argument arguments array arrays as assign assigned
assignment at attach attached attribute attributes available be because been before begin being belongs below between
binary block body both bound bounds bug but by byte bytes call called calls can cancel canceled canceling cannot
cascade cast catalog cause change changed character characters check circular class clause clauses client close
cluster coerced collate collation collations column columns command commands commit committed common compare
comparison composite compression concurrent concurrently condition conditions configuration conflict conflicting
conflicts connection consistent constant constraint constraints contain contained containing contains context control
conversion convert converted copy corrupt could count create created creating cross current currently cursor cursors
cycle data database databases datatype date deadlock declaration declared default defaults deferrable deferred defined
definition definitions delete deleted delimiter denied depend dependency dependent depends descriptor detach detected
determine did different dimension dimensional dimensions directly directory disabled disallowed distinct division do
does doing domain domains drop dropped due duplicate during each either element elements empty enabled encoding end
ended entries entry enum environment equal equality equivalent error escape event exact exceed exceeded exceeds
exception exclude exclusion exclusive execute executing exist existing exists expected expression expressions
extension external extra failed failure family feature few field fields file filter first following for foreign format
found frame from full function functions general generated generation get given grant granted greater group grouped
grouping handler has hash have header hint identifier identity if ignored immediate immutable implemented implicit
implicitly in include included incompatible inconsistent incorrect index indexes indices infinite inherit inheritance
inherited inherits initial inline inner input insert inserted inside instead insufficient int integrity internal
intersect interval into invalid invoker is isolation it item items its join key keys keyword label labels language
large last late later leading least left length less level limit line list literal local locale locator lock locked
locks logical long longer loop lower many map match matched matches matching materialized maximum may member memory
mention merge message method minimum mismatch missing mode modification modified modifier modify modulus more most
multiple multirange must mutable name named names near negative neither nested new next no node non nondeterministic
none nonstandard nor not nothing now null nulls number numbers object objects obtain occur occurred of off offset old
on once one only open operand operands operation operations operator operators option options or order ordered
ordering ordinary other out outer output outside over overflow overlap overlaps own owned owner ownership page
parallel parameter parameters parent part partition partitioned partitioning partitions pass passed path pattern
pending per perform period permission permissions permitted persistent place plan point policies policy polymorphic
portal position possible precision predicate prepare prepared present previous primary privilege privileges procedure
procedures process program property protected provide provided pseudo publication publications query range read
recognized record records recursion recursive reference referenced references referencing refers refresh regular
relation relations relationship release remainder remote remove removed rename renamed replace replica replication
request requested require required requires reserved reset resource restrict restricted result results return returned
returning returns right role roles rollback root routine routines row rows rule rules same savepoint scalar schema
schemas scope search security select sequence sequences serializable serialize server session set sets setting
settings several should side signature single size skip snapshot some sort source space specification specified
specify sql stable start state statement statements statistics storage stored strategy string strings structure
subquery subscript subscripting subscription subscripts such superuser support supported syntax system table tables
tablespace target template temporary terminated terminating text than that the their them there these this those time
timeout times to together too total transaction transactions transform transition tree trigger triggers truncate
truncated truncation tuple tuples twice two type types unable undefined under unexpected union unique unknown unlogged
unnamed unrecognized unsafe unsupported unterminated until updatable update updated updates upper usable usage use
used user users uses using vacuum valid validate validated value values variable variables variadic version view views
violated violates virtual volatile wait was were when where which while will window with within without wrapper write
written wrong xml yet you zero zone
"""
_TYPES = """
bigint bit boolean box bpchar bytea char cidr circle citext daterange decimal double float hstore inet int2 int4
int4range int8 int8range integer json jsonb jsonpath line lseg macaddr money numeric numrange oid polygon real
regclass regproc regtype smallint tid time timestamp timestamptz timetz tsquery tsrange tstzrange tsvector uuid varbit
varchar varying
"""
_STATEMENTS = """
alter analyze atomic case checkpoint comment deallocate declare discard else explain fetch having immediate isnull
like listen load move notify notnull overlaps reassign reindex returning revoke similar then work
"""

WORDS = frozenset(f"{_MESSAGES} {_TYPES} {_STATEMENTS}".split())
