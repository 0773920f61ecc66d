
CREATE TABLE attempts (
    message text NOT NULL,
    number integer NOT NULL,
    started bigint NOT NULL,
    duration bigint NOT NULL,
    status integer NOT NULL,
    error text NOT NULL,
    message_text text DEFAULT ''::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    way text DEFAULT ''::text NOT NULL,
    before_status integer DEFAULT 0 NOT NULL,
    before_reason text DEFAULT ''::text NOT NULL
);

CREATE TABLE events (
    token text NOT NULL,
    seen bigint NOT NULL,
    message text,
    state text DEFAULT ''::text NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    happened bigint DEFAULT 0 NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    code integer DEFAULT 0 NOT NULL,
    description text DEFAULT ''::text NOT NULL
);

CREATE TABLE idempotency (
    key text NOT NULL,
    request bytea NOT NULL,
    answer bytea,
    since bigint NOT NULL
);

CREATE TABLE messages (
    id text NOT NULL,
    state text NOT NULL,
    type text NOT NULL,
    source text NOT NULL,
    recipient bytea NOT NULL,
    created bigint NOT NULL,
    updated bigint NOT NULL,
    expires bigint NOT NULL,
    due bigint NOT NULL,
    attempts integer NOT NULL,
    provider_id text NOT NULL,
    error text NOT NULL,
    idempotency text NOT NULL,
    content bytea,
    reason text DEFAULT ''::text NOT NULL,
    requests integer DEFAULT 0 NOT NULL,
    test integer DEFAULT 0 NOT NULL
);

CREATE TABLE migrations (
    name text NOT NULL
);

CREATE TABLE recipient_limits (
    recipient bytea NOT NULL,
    tat bigint NOT NULL
);

INSERT INTO attempts VALUES ('01a213c5-d7dc-77f6-8484-0f62971c7c06', 1, 1795628062700019, 6614, 200, '', '', '', '', 0, '');
INSERT INTO attempts VALUES ('01a213c5-d81c-725d-bf94-fcf9ee6878d7', 1, 1795628062750666, 2087, 200, '', '', '', '', 0, '');
INSERT INTO attempts VALUES ('01a213c5-da78-7a98-8714-add6ba4da53f', 1, 1795628063372128, 2026, 500, 'general', '', '', '', 0, '');
INSERT INTO attempts VALUES ('01a213c5-dac3-7243-91e6-03016c9dbb1a', 1, 1795628063432054, 1530, 500, 'general', '', '', '', 0, '');
INSERT INTO attempts VALUES ('01a213c5-daf6-717d-8c4a-44326a81b680', 1, 1795628063481809, 1648, 500, 'general', '', '', '', 0, '');

INSERT INTO events VALUES ('d2bc280fb43281a90e3b28a669244dba4a22b8660b75d7c0a0', 1795628063020473, '01a213c5-d7dc-77f6-8484-0f62971c7c06', 'delivered', '', 1795628062000000, '', 0, '');

INSERT INTO idempotency VALUES ('9e24b55356ef2a121ab5fd1a3ee8a3c9191e837f3853e399a369e9044ff183f7', '\x4cadef3c44d28ef95f2290fbdb7a9bbd2845947a5cfc0d8378319ec52b6f9f2a', '\x72cd6e843ad620ae90d09ef57d90cdb57a8fb78fe89640b92a0bcc4bc5a13522b5e04861def4e1e0605598d16e3a6e5a7697cdf977851247f57907f1f402d2373be8146a849133109469fe0aec6aac0788dc5ce2eafdb4cab6f0715c2d40a209eea1c13634c9de5b95a291310896b88573b9b31089b1e7dc659b9024632c0a9b0084f78a6b60784ffe005e03806d4118395bb21af93d80fdd572b2d6fcedd078e64cde9479f7ab9b4534dc8a5096294d0ad63ecc2d9a98607b22bb697f46ede267b987d371857a8165100bde69725a4dfbc40f3f038a80a9a79b8597930bd126b871be6fff897d7bb0c8f1ab95f38a0fa60f9c4d4392f926446e8f03c0ca12bf0433e6b34fd0e5d3d3ac80bb49df73807ac4062d7746900767e5e592dbbb9c9090', 1795628062680997);
INSERT INTO idempotency VALUES ('71bbf1313aa0da7e7277c9f966a6fccef109b8635950e628634825cae77a0e9d', '\x2c688c27fa50f36a9ca8c54a277412be5ca33e9c454d8e384a92ce0d62c2e743', '\x72cd6e84c7f7423e0a103d857e03de94e699c321451a3517eca2759cb3d99086e1f0b5bc2be3a091cba21ebb306147e548a71eb88bc429f921407fbd6fb7849ee714452562ecabcefdab5a13eed188a34077716ae4b27acf38cc257277e817a27580a069a9a8feee328e418ad2fd49460df2f9678cdbdad433dd8e73528d8ad13bdbb3d638771c70f9db672bdb823059cfedc7a06b9b52ce3bf8b7ef1e0cea6f5837dc88ef35795a71f0ae2aeff643d474', 1795628063346375);

INSERT INTO messages VALUES ('01a213c5-d81c-725d-bf94-fcf9ee6878d7', 'sent', 'SignIn', 'deliveries/SignIn', '\xa97734e8e7e46f55033d92d5d43dd557', 1795628062749833, 1795628062752769, 1795628662747815, 1795628071749833, 1, '<20261125170002.fixture@mg.example.com>', '', '', NULL, '', 0, 0);
INSERT INTO messages VALUES ('01a213c5-d7dc-77f6-8484-0f62971c7c06', 'delivered', 'SignIn', 'deliveries/SignIn', '\x7f61fc9094afc039fcfcc2adc80f533a', 1795628062689668, 1795628063020473, 1795628662684182, 1795628071689668, 1, '<20261125170001.fixture@mg.example.com>', '', '308dfdf75d8dbc8afbb90aa96b57f7596c4df9820665d5e71460dd9d34a779ff', NULL, '', 0, 0);
INSERT INTO messages VALUES ('01a213c5-da78-7a98-8714-add6ba4da53f', 'queued', 'SignIn', 'deliveries/SignIn', '\x7f61fc9094afc039fcfcc2adc80f533a', 1795628063361336, 1795628063374222, 1795628663352353, 1795628064157225, 1, '', 'general', 'ca751e893383d3be09f3a43f7073b1e484ba1bd796175c7d7e0f5f27cd4c63cf', '\x72cd6e84a286d7e3d5cc61dba8401d6406a0731701728bd722b6f46dfb691cd40c6d0daf139b626850ceb79e01522d8ba967f06ba72b8a42efa4685b9194d6652575910573a8360e31461454fb3cba6fe257165df7456b1313c06a7411e249b29652a402953a17642e6f94eaa1e630a3c3074d1b1fe02902d8c0cc952ab83b2998bfee4908da17b923337a57bf062d6e5561af6551b5a9c2de62df0f8e3b16fa13d02c215a94625e422917e2ee6867e6df95275c4010389d2c4cb3a6ca93313f87e91224e0a59f179b011b17352aa2f980f07ba75ede82934b08e34575fc9702b76b5f857cc51a3dfce73e68dbc8bba978462eeec5d3a97f4670ef131dcd5fbdf73bf59deb099e7d0d66e4967909745303018a64b808dd6fc07f98abaf88581b6cc5436aecca8ff7643168ad26a786bd0b2c745547b3d3beeaaa8f23c21a1758e0248087eceb69a52e59c1c725fd8f7ec096a593fca0531d41d3f80c60ec22562d397bf4d9e81402', '', 0, 0);
INSERT INTO messages VALUES ('01a213c5-dac3-7243-91e6-03016c9dbb1a', 'queued', 'SignIn', 'deliveries/SignIn', '\x7f61fc9094afc039fcfcc2adc80f533a', 1795628063428798, 1795628063433628, 1795628663426807, 1795628064359484, 1, '', 'general', '', '\x72cd6e841558114dab3aad2e92e8368ef61b1501132e32c63e7ab7754e5dfbb1e35bbfde6437388663216016ed52ac106ecbd8a04b48b513addd67ceab41351a99bb0ef05bcb889bdb33f54e1529fb6b9a75f2df85066cc9c286cf1240a7c431c7ce1d3fd43576ae8b8043b46dbde394203739e12a494789f6034612a3075144029c64d156d94dba081f0d7cbc6e500e5caf3a751ae7005a3dc72795366d4f1f9262f020507d78da1a14dd819c66ae8dddafb331b4467ef6578607e8aa152266de6e9e6c730adee225985762eea478057129090687d76fd9c26bb735e5800ef90400ed5a217fc4f6d120b20aa8b838c6bce633c7fad01d767f40351fecbfc326dcc8bcbc6c40a563a2d66d1af4e6762b4acbc33a4c3a9a5b9730102e6decdc73da0aab6270afd16d4adf633fe94c908e4e66abaa8087861ce58fa20a8f0f91375fecf2040ba17fd3817f7e88f9c9bc39b0e677625f1f16256037c71917b6aa96cd39d9485fca6c8b', '', 0, 0);
INSERT INTO messages VALUES ('01a213c5-daf6-717d-8c4a-44326a81b680', 'queued', 'SignIn', 'deliveries/SignIn', '\x6badfacc1ea983156a0eb663f33fdee6', 1795628063479990, 1795628063483468, 1795628663477758, 1795628064235435, 1, '', 'general', '', '\x72cd6e848f41404f45882aa6593b70624b3c3a6d6772553db7a740c4cebe28f89dea9f8c9e807af351ad61f070c7d58879ff52e51a09a5a79e95c12b75e3023ad189a425a9adb64f1f48843a7f5b54e8cc553f49832ae5e7ad296a7c2f6a554ea6880e73e55b907f755363bb95cc3816fac37f0de3d6bbfe630eb785dff559066cd8affc39a92aa3863ce7eaa0cdeebba4d999b392b9034e617763e21789c70db4e7867c8b7b1911f8880aea7fe1dfa40ce16dd21d9f6173e840ce50822b7a75d252ef851b325e12e6cc642a9400ce6969e13af4204da89d424b19a38fd2261a0d7c4be0eb181d012333ce337cdee36faaf5a566e1f12d5354162b96a4c8e7025f415c7d0604612688807fae37c88a2b8fa2d9905427bbf7e14edc78379a34cf95c62c294147f0ee5e46c466736da26c625c87247cc7d18b84d0ed08ee695ffccc01a36262ef2b6e769089034728a9f534639d4e559258b8adab87bf88400106ec838d48704fb78db91e4507', '', 0, 0);

INSERT INTO migrations VALUES ('migrations/0001_messages.sql');
INSERT INTO migrations VALUES ('migrations/0002_events.sql');
INSERT INTO migrations VALUES ('migrations/0003_limits.sql');
INSERT INTO migrations VALUES ('migrations/0004_attempts.sql');
INSERT INTO migrations VALUES ('migrations/0005_order.sql');
INSERT INTO migrations VALUES ('migrations/0006_support.sql');
INSERT INTO migrations VALUES ('migrations/0007_ways.sql');
INSERT INTO migrations VALUES ('migrations/0008_types.sql');

ALTER TABLE ONLY attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (message, number);

ALTER TABLE ONLY events
    ADD CONSTRAINT events_pkey PRIMARY KEY (token);

ALTER TABLE ONLY idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (key);

ALTER TABLE ONLY messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);

ALTER TABLE ONLY migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY recipient_limits
    ADD CONSTRAINT recipient_limits_pkey PRIMARY KEY (recipient);

CREATE INDEX events_message ON events USING btree (message) WHERE (message IS NOT NULL);

CREATE INDEX events_orphaned ON events USING btree (seen) WHERE (message IS NULL);

CREATE INDEX idempotency_since ON idempotency USING btree (since);

CREATE INDEX messages_due ON messages USING btree (due) WHERE (state = ANY (ARRAY['sending'::text, 'queued'::text]));

CREATE INDEX messages_final ON messages USING btree (state, type, id) WHERE (state <> ALL (ARRAY['sending'::text, 'queued'::text]));

CREATE INDEX messages_idempotency ON messages USING btree (idempotency) WHERE (idempotency <> ''::text);

CREATE INDEX messages_provider ON messages USING btree (provider_id) WHERE (provider_id <> ''::text);

CREATE INDEX messages_recipient ON messages USING btree (recipient, id);

CREATE INDEX messages_waiting ON messages USING btree (recipient) WHERE (state = ANY (ARRAY['sending'::text, 'queued'::text]));

ALTER TABLE ONLY attempts
    ADD CONSTRAINT attempts_message_fkey FOREIGN KEY (message) REFERENCES messages(id) ON DELETE CASCADE;

ALTER TABLE ONLY events
    ADD CONSTRAINT events_message_fkey FOREIGN KEY (message) REFERENCES messages(id) ON DELETE CASCADE;

