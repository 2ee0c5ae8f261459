// The AWS SDK for Java 2 with its Enhanced Client against the server binary, by endpoint override alone: a library's books and
// loans in a single table, with conditions, versions, transactions, batches, pages, an index and the stream.
//
//     javac -d CLASSES -cp CLASSPATH EnhancedClientTest.java && java -cp CLASSES:CLASSPATH EnhancedClientTest
//
// The binary is named by TAILRACE_BINARY.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.enhanced.dynamodb.Document;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbTable;
import software.amazon.awssdk.enhanced.dynamodb.Expression;
import software.amazon.awssdk.enhanced.dynamodb.Key;
import software.amazon.awssdk.enhanced.dynamodb.TableSchema;
import software.amazon.awssdk.enhanced.dynamodb.extensions.annotations.DynamoDbAtomicCounter;
import software.amazon.awssdk.enhanced.dynamodb.extensions.annotations.DynamoDbVersionAttribute;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbBean;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbPartitionKey;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbSecondaryPartitionKey;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbSecondarySortKey;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbSortKey;
import software.amazon.awssdk.enhanced.dynamodb.model.BatchGetItemEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.BatchWriteItemEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.ConditionCheck;
import software.amazon.awssdk.enhanced.dynamodb.model.Page;
import software.amazon.awssdk.enhanced.dynamodb.model.PutItemEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.QueryConditional;
import software.amazon.awssdk.enhanced.dynamodb.model.ReadBatch;
import software.amazon.awssdk.enhanced.dynamodb.model.TransactPutItemEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.TransactWriteItemsEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.WriteBatch;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.Record;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.ShardIteratorType;
import software.amazon.awssdk.services.dynamodb.model.StreamViewType;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;

public final class EnhancedClientTest {
    private static final String TABLE = "library";
    private static final Key RIVERS = key("book#Rivers", "copy");
    private static final Expression IS_NEW = Expression.builder().expression("attribute_not_exists(pk)").build();

    /** "book#…", "copy"; only the holder of its latest version can change it. */
    @DynamoDbBean
    public static final class Book {
        private String pk;
        private String sk;
        private Integer copies;
        private Set<String> tags;
        private List<String> authors;
        private Long version;
        private Long changes;

        @DynamoDbPartitionKey
        public String getPk() { return pk; }
        public void setPk(String value) { pk = value; }
        @DynamoDbSortKey
        public String getSk() { return sk; }
        public void setSk(String value) { sk = value; }
        public Integer getCopies() { return copies; }
        public void setCopies(Integer value) { copies = value; }
        public Set<String> getTags() { return tags; }
        public void setTags(Set<String> value) { tags = value; }
        public List<String> getAuthors() { return authors; }
        public void setAuthors(List<String> value) { authors = value; }
        @DynamoDbVersionAttribute
        public Long getVersion() { return version; }
        public void setVersion(Long value) { version = value; }
        @DynamoDbAtomicCounter(startValue = 1)
        public Long getChanges() { return changes; }
        public void setChanges(Long value) { changes = value; }
    }

    /** "member#…", "loan#…"; found by its due date too. */
    @DynamoDbBean
    public static final class Loan {
        private String pk;
        private String sk;
        private String due;
        private int renewals;

        @DynamoDbPartitionKey
        public String getPk() { return pk; }
        public void setPk(String value) { pk = value; }
        @DynamoDbSortKey
        @DynamoDbSecondarySortKey(indexNames = "byDue")
        public String getSk() { return sk; }
        public void setSk(String value) { sk = value; }
        @DynamoDbSecondaryPartitionKey(indexNames = "byDue")
        public String getDue() { return due; }
        public void setDue(String value) { due = value; }
        public int getRenewals() { return renewals; }
        public void setRenewals(int value) { renewals = value; }
    }

    /** The server binary on a free port. */
    private static final class Server implements AutoCloseable {
        private final Process process;
        private final URI endpoint;

        Server() throws Exception {
            process = new ProcessBuilder(System.getenv("TAILRACE_BINARY"), "--port", "0", "--log-level", "warn")
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            String line = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
            endpoint = URI.create(line.substring(line.indexOf("http://")).trim());
        }

        <B extends AwsClientBuilder<B, C>, C> C client(B builder) {
            return builder.endpointOverride(endpoint).region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"))).build();
        }

        @Override
        public void close() throws Exception {
            process.destroy();
            process.waitFor();
        }
    }

    private static void checkEqual(Object got, Object wanted) {
        if (!Objects.equals(got, wanted)) throw new AssertionError("got " + got + ", wanted " + wanted);
    }

    private static <E extends Exception> E thrown(Class<E> type, Runnable call) {
        try {
            call.run();
        } catch (Exception failure) {
            if (type.isInstance(failure)) return type.cast(failure);
            throw failure;
        }
        throw new AssertionError("no " + type.getSimpleName());
    }

    private static Book book(String title, int copies) {
        Book book = new Book();
        book.setPk("book#" + title);
        book.setSk("copy");
        book.setCopies(copies);
        book.setTags(Set.of("paper", "new"));
        book.setAuthors(List.of("A. Uthor"));
        return book;
    }

    private static Loan loan(String member, int number, String due) {
        Loan loan = new Loan();
        loan.setPk("member#" + member);
        loan.setSk(String.format("loan#%03d", number));
        loan.setDue(due);
        loan.setRenewals(number % 10);
        return loan;
    }

    private static Key key(String pk, String sk) {
        return Key.builder().partitionValue(pk).sortValue(sk).build();
    }

    private final DynamoDbEnhancedClient client;
    private final DynamoDbTable<Book> books;
    private final DynamoDbTable<Loan> loans;

    private EnhancedClientTest(DynamoDbClient dynamodb) {
        client = DynamoDbEnhancedClient.builder().dynamoDbClient(dynamodb).build();
        books = client.table(TABLE, TableSchema.fromBean(Book.class));
        loans = client.table(TABLE, TableSchema.fromBean(Loan.class));
        loans.createTable(table -> table
            .globalSecondaryIndices(index -> index.indexName("byDue").projection(p -> p.projectionType(ProjectionType.ALL)))
            .streamSpecification(stream -> stream.streamEnabled(true).streamViewType(StreamViewType.NEW_AND_OLD_IMAGES)));
        dynamodb.waiter().waitUntilTableExists(table -> table.tableName(TABLE));
    }

    private void conditionalWrites() {
        Book book = book("Rivers", 2);
        PutItemEnhancedRequest<Book> put = PutItemEnhancedRequest.builder(Book.class).item(book).conditionExpression(IS_NEW)
            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD).build();
        books.putItem(put);
        ConditionalCheckFailedException refusal = thrown(ConditionalCheckFailedException.class, () -> books.putItem(put));
        checkEqual(refusal.awsErrorDetails().errorMessage(), "The conditional request failed");
        checkEqual(refusal.item().get("copies"), AttributeValue.fromN("2"));

        Book stored = books.getItem(get -> get.key(RIVERS).consistentRead(true));
        checkEqual(Arrays.asList(stored.getVersion(), stored.getChanges(), stored.getTags()),
            Arrays.asList(1L, 1L, book.getTags()));
        stored.setCopies(3);
        stored.setTags(null);
        Book updated = books.updateItem(stored);
        checkEqual(Arrays.asList(updated.getCopies(), updated.getTags(), updated.getVersion(), updated.getChanges()),
            Arrays.asList(3, null, 2L, 2L));
        thrown(ConditionalCheckFailedException.class, () -> books.updateItem(stored));  // Of the version before.
    }

    private void transactions() {
        Book book = books.getItem(RIVERS);
        book.setCopies(2);
        TransactWriteItemsEnhancedRequest lend = TransactWriteItemsEnhancedRequest.builder().clientRequestToken("once")
            .addUpdateItem(books, book)
            .addPutItem(loans, TransactPutItemEnhancedRequest.builder(Loan.class)
                .item(loan("ann", 1, "2026-03-01")).conditionExpression(IS_NEW).build())
            .build();
        client.transactWriteItems(lend);
        client.transactWriteItems(lend);
        TransactionCanceledException cancelled = thrown(TransactionCanceledException.class, () -> client.transactWriteItems(
            TransactWriteItemsEnhancedRequest.builder()
                .addConditionCheck(books, ConditionCheck.builder().key(RIVERS).conditionExpression(IS_NEW).build())
                .addDeleteItem(loans, key("member#ann", "loan#001")).build()));
        checkEqual(cancelled.cancellationReasons().stream().map(CancellationReason::code).toList(),
            List.of("ConditionalCheckFailed", "None"));
        List<Document> read = client.transactGetItems(get -> get.addGetItem(books, RIVERS)
            .addGetItem(loans, key("member#ann", "loan#001")).addGetItem(loans, key("member#ann", "loan#002")));
        checkEqual(read.get(0).getItem(books).getCopies(), 2);
        checkEqual(read.get(1).getItem(loans).getDue(), "2026-03-01");
        checkEqual(read.get(2).getItem(loans), null);
    }

    private void batchesPagesAndIndex() {
        WriteBatch.Builder<Loan> batch = WriteBatch.builder(Loan.class).mappedTableResource(loans);
        IntStream.range(0, 25).forEach(n -> batch.addPutItem(loan("bob", n, n % 2 == 0 ? "2026-04-01" : "2026-05-01")));
        checkEqual(client.batchWriteItem(BatchWriteItemEnhancedRequest.builder().addWriteBatch(batch.build()).build())
            .unprocessedPutItemsForTable(loans), List.of());

        List<Integer> sizes = new ArrayList<>();
        List<String> found = new ArrayList<>();
        for (Page<Loan> page : loans.query(query -> query.limit(10).scanIndexForward(false)
                .queryConditional(QueryConditional.sortBeginsWith(key("member#bob", "loan#"))))) {
            sizes.add(page.items().size());
            page.items().forEach(loan -> found.add(loan.getSk()));
        }
        checkEqual(sizes, List.of(10, 10, 5));
        checkEqual(found, IntStream.range(0, 25).mapToObj(n -> String.format("loan#%03d", 24 - n)).toList());

        Expression renewed = Expression.builder().expression("#renewals IN (:three, :four)")
            .putExpressionName("#renewals", "renewals").putExpressionValue(":three", AttributeValue.fromN("3"))
            .putExpressionValue(":four", AttributeValue.fromN("4")).build();
        checkEqual(loans.index("byDue").query(query -> query.limit(3).filterExpression(renewed)
                .queryConditional(QueryConditional.sortGreaterThan(key("2026-05-01", "loan#010"))))
            .stream().flatMap(page -> page.items().stream()).map(Loan::getSk).toList(), List.of("loan#013", "loan#023"));
        checkEqual(loans.scan(scan -> scan.limit(4).filterExpression(renewed)).items().stream().count(), 6L);
        ReadBatch.Builder<Loan> wanted = ReadBatch.builder(Loan.class).mappedTableResource(loans);
        List.of("loan#001", "loan#002", "loan#999").forEach(sk -> wanted.addGetItem(key("member#bob", sk)));
        checkEqual(client.batchGetItem(BatchGetItemEnhancedRequest.builder().readBatches(wanted.build()).build())
            .resultsForTable(loans).stream().map(Loan::getSk).sorted().toList(), List.of("loan#001", "loan#002"));
    }

    private static List<Record> readStream(DynamoDbStreamsClient streams) {
        String arn = streams.listStreams(list -> list.tableName(TABLE)).streams().get(0).streamArn();
        List<Record> records = new ArrayList<>();
        streams.describeStream(describe -> describe.streamArn(arn)).streamDescription().shards().forEach(shard -> {
            String start = streams.getShardIterator(get -> get.streamArn(arn).shardId(shard.shardId())
                .shardIteratorType(ShardIteratorType.TRIM_HORIZON)).shardIterator();
            records.addAll(streams.getRecords(get -> get.shardIterator(start)).records());
        });
        return records;
    }

    private void stream(DynamoDbStreamsClient streams) {
        List<Record> records = readStream(streams);
        checkEqual(records.stream().limit(4)
            .map(record -> record.eventNameAsString() + " " + record.dynamodb().keys().get("pk").s()).toList(),
            List.of("INSERT book#Rivers", "MODIFY book#Rivers", "MODIFY book#Rivers", "INSERT member#ann"));
        checkEqual(records.size(), 4 + 25);
        Book before = TableSchema.fromBean(Book.class).mapToItem(records.get(1).dynamodb().oldImage());
        checkEqual(before.getTags(), Set.of("paper", "new"));
    }

    public static void main(String[] arguments) throws Exception {
        try (Server server = new Server()) {
            EnhancedClientTest test = new EnhancedClientTest(server.client(DynamoDbClient.builder()));
            test.conditionalWrites();
            test.transactions();
            test.batchesPagesAndIndex();
            test.stream(server.client(DynamoDbStreamsClient.builder()));
        }
    }
}
