// The Kinesis Client Library with the DynamoDB Streams adapter against the server binary, by endpoint override alone: it
// consumes a table through a split, its leases and coordination in DynamoDB tables of the same server.
//
//     javac -d CLASSES -cp CLASSPATH KinesisClientLibraryTest.java && java -cp CLASSES:CLASSPATH KinesisClientLibraryTest
//
// The binary is named by TAILRACE_BINARY.
import com.amazonaws.services.dynamodbv2.streamsadapter.AmazonDynamoDBStreamsAdapterClient;
import com.amazonaws.services.dynamodbv2.streamsadapter.StreamsSchedulerFactory;
import com.amazonaws.services.dynamodbv2.streamsadapter.adapter.DynamoDBStreamsClientRecord;
import com.amazonaws.services.dynamodbv2.streamsadapter.model.DynamoDBStreamsProcessRecordsInput;
import com.amazonaws.services.dynamodbv2.streamsadapter.polling.DynamoDBStreamsPollingConfig;
import com.amazonaws.services.dynamodbv2.streamsadapter.processor.DynamoDBStreamsShardRecordProcessor;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.Record;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.StreamViewType;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;

final class KinesisClientLibraryTest {
    private static final String TABLE = "Orders";
    private static final String APPLICATION = "orders-consumer";
    private static final int ITEMS = 20;
    private static final int ROUNDS = 10;
    private static final Duration PATIENCE = Duration.ofSeconds(100);

    /** The server binary on a free port. */
    private static final class Server implements AutoCloseable {
        private final Process process;
        final URI endpoint;

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

        void split(String streamArn) throws Exception {
            HttpRequest request = HttpRequest.newBuilder(endpoint.resolve("/_tailrace/streams/split"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"StreamArn\":\"" + streamArn + "\"}")).build();
            HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
            check(answer.statusCode() == 200, answer.body());
        }

        @Override
        public void close() throws Exception {
            process.destroy();
            process.waitFor();
        }
    }

    /** What all processors of the application have seen, in order. */
    private static final class Seen {
        private final List<Record> records = new ArrayList<>();
        private final Set<String> endedShards = new HashSet<>();

        synchronized void add(Record record) {
            records.add(record);
            notifyAll();
        }

        synchronized void end(String shard) {
            endedShards.add(shard);
        }

        synchronized void await(int count) throws InterruptedException {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (records.size() < count) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                check(left > 0, "only " + records.size() + " of " + count + " records arrived");
                wait(left);
            }
        }
    }

    /** Keeps what it is given and checkpoints it. */
    private static final class Processor implements DynamoDBStreamsShardRecordProcessor {
        private final Seen seen;
        private String shard;

        Processor(Seen seen) {
            this.seen = seen;
        }

        @Override
        public void initialize(InitializationInput input) {
            shard = input.shardId();
        }

        @Override
        public void processRecords(DynamoDBStreamsProcessRecordsInput input) {
            for (DynamoDBStreamsClientRecord record : input.records()) seen.add(record.getRecord());
            if (!input.records().isEmpty()) checkpoint(input.checkpointer());
        }

        @Override
        public void leaseLost(LeaseLostInput input) {}

        @Override
        public void shardEnded(ShardEndedInput input) {
            seen.end(shard);
            checkpoint(input.checkpointer());
        }

        @Override
        public void shutdownRequested(ShutdownRequestedInput input) {
            checkpoint(input.checkpointer());
        }

        private static void checkpoint(RecordProcessorCheckpointer checkpointer) {
            try {
                checkpointer.checkpoint();
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        }
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) throw new AssertionError(otherwise);
    }

    private static String createTable(DynamoDbClient dynamodb) {
        return dynamodb.createTable(table -> table.tableName(TABLE).billingMode(BillingMode.PAY_PER_REQUEST)
            .attributeDefinitions(attribute -> attribute.attributeName("id").attributeType(ScalarAttributeType.S))
            .keySchema(key -> key.attributeName("id").keyType(KeyType.HASH))
            .streamSpecification(stream -> stream.streamEnabled(true).streamViewType(StreamViewType.NEW_AND_OLD_IMAGES)))
            .tableDescription().latestStreamArn();
    }

    private static Scheduler scheduler(Server server, String streamArn, Seen seen) {
        DynamoDbStreamsClient streams = server.client(DynamoDbStreamsClient.builder());
        AmazonDynamoDBStreamsAdapterClient adapter = new AmazonDynamoDBStreamsAdapterClient(streams, Region.US_EAST_1);
        ConfigsBuilder configs = new ConfigsBuilder(
            StreamsSchedulerFactory.createSingleStreamTracker(
                streamArn, InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON)),
            APPLICATION, adapter, server.client(DynamoDbAsyncClient.builder()), server.client(CloudWatchAsyncClient.builder()),
            "worker", () -> new Processor(seen));
        DynamoDBStreamsPollingConfig polling = new DynamoDBStreamsPollingConfig(adapter).idleTimeBetweenReadsInMillis(200);
        return StreamsSchedulerFactory.createScheduler(
            configs.checkpointConfig(),
            configs.coordinatorConfig().parentShardPollIntervalMillis(200).shardConsumerDispatchPollIntervalMillis(100),
            configs.leaseManagementConfig().failoverTimeMillis(1000).shardSyncIntervalMillis(1000)
                .billingMode(BillingMode.PAY_PER_REQUEST),
            configs.lifecycleConfig(), configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
            configs.processorConfig(), configs.retrievalConfig().retrievalSpecificConfig(polling), adapter);
    }

    /** Each item's changes 1..ROUNDS are there once, complete and in order. */
    private static void checkChanges(List<Record> records) {
        check(records.size() == ITEMS * ROUNDS, records.size() + " records");
        Map<String, Integer> reached = new HashMap<>();
        for (Record record : records) {
            String id = record.dynamodb().keys().get("id").s();
            int n = Integer.parseInt(record.dynamodb().newImage().get("n").n());
            int before = reached.getOrDefault(id, 0);
            check(n == before + 1, id + ": " + n + " after " + before);
            check(record.eventNameAsString().equals(n == 1 ? "INSERT" : "MODIFY"), record.toString());
            reached.put(id, n);
        }
    }

    private static void write(DynamoDbClient dynamodb, int firstRound, int lastRound) {
        for (int n = firstRound; n <= lastRound; ++n) {
            for (int i = 0; i < ITEMS; ++i) {
                Map<String, AttributeValue> item = Map.of(
                    "id", AttributeValue.fromS("item-" + i), "n", AttributeValue.fromN(Integer.toString(n)));
                dynamodb.putItem(put -> put.tableName(TABLE).item(item));
            }
        }
    }

    private static void consumeThroughASplit() throws Exception {
        try (Server server = new Server()) {
            DynamoDbClient dynamodb = server.client(DynamoDbClient.builder());
            String streamArn = createTable(dynamodb);
            Seen seen = new Seen();
            Scheduler scheduler = scheduler(server, streamArn, seen);
            Thread consumer = new Thread(scheduler, "scheduler");
            consumer.setDaemon(true);
            consumer.start();
            write(dynamodb, 1, ROUNDS / 2);
            seen.await(ITEMS * ROUNDS / 2);
            server.split(streamArn);
            write(dynamodb, ROUNDS / 2 + 1, ROUNDS);
            seen.await(ITEMS * ROUNDS);
            check(scheduler.startGracefulShutdown().get(PATIENCE.toSeconds(), TimeUnit.SECONDS), "no graceful shutdown");

            checkChanges(seen.records);
            check(seen.endedShards.size() == 1, "ended shards: " + seen.endedShards);
            // The parent's lease may have been cleaned up; its children's are there, with their last checkpoints.
            List<Map<String, AttributeValue>> leases = dynamodb.scan(scan -> scan.tableName(APPLICATION)).items();
            long read = leases.stream().map(lease -> lease.get("checkpoint").s()).filter(text -> text.matches("[0-9]+")).count();
            check(read == 2, leases.toString());
        }
    }

    /** Ends the process itself: the library's threads would outlive a failure. */
    public static void main(String[] arguments) {
        try {
            consumeThroughASplit();
            System.exit(0);
        } catch (Throwable failure) {
            failure.printStackTrace();
            System.exit(1);
        }
    }
}
