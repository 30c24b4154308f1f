package org.ferrohsm.provider.vectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Provider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.ferrohsm.provider.VectorKeys;
import org.junit.jupiter.api.Test;

/**
 * Published vectors through the Java API: all of Wycheproof's for the algorithms that we have, and values from the
 * standards where it has none. Every service of the provider must have been right about some.
 */
class WycheproofTest {
    private static final int THREADS = 12;

    /** Services without published vectors, by how their names start (a pattern), and what stands for them. */
    private static final Map<String, String> WITHOUT_VECTORS = Map.of(
        "KeyPairGenerator ", "random output; InteropTest has others use the keys",
        "KeyGenerator ", "random output; InteropTest has others use the keys",
        "SecureRandom ", "random output; ProviderTest",
        "KeyFactory ", "imports the keys of the vectors",
        "SecretKeyFactory ", "imports the keys of the vectors; PBKDF2 is in DerivationTest",
        "KeyStore ", "keeps keys; KeyStoreTest",
        "Cipher RSAAESWrap", "OAEP and KWP, which have vectors; WrapFormsTest takes it apart with the JDK",
        "Cipher AES(_\\d+)?/KW/PKCS5Padding", "a form of the JDK's own; InteropTest meets the JDK",
        "Cipher AESAttributeWrap", "a form of our own; WrapFormsTest",
        "KeyAgreement ECDHwithX963", "ECDH, which has vectors, and hashes; DerivationTest computes them with the JDK");

    private interface Family {
        void run(VectorFile file) throws Exception;
    }

    private interface Step {
        void run() throws Exception;
    }

    private final Map<String, Family> families = new LinkedHashMap<>();
    private final List<Step> published;
    private final Provider provider;
    private final Tally tally;

    WycheproofTest() {
        provider = VectorKeys.provider();
        tally = new Tally(provider);
        SignatureVectors signatures = new SignatureVectors(provider, tally);
        RsaCipherVectors rsa = new RsaCipherVectors(provider, tally);
        AesVectors aes = new AesVectors(provider, tally);
        NewerKeyVectors newer = new NewerKeyVectors(provider, tally);
        PublishedVectors others = new PublishedVectors(provider, tally);
        families.put("ecdsa_.*", signatures::ecdsa);
        families.put("rsa_signature_.*", signatures::rsa);
        families.put("rsa_pss_.*", signatures::pss);
        families.put("rsa_oaep_.*", rsa::oaep);
        families.put("rsa_pkcs1_.*", rsa::pkcs1);
        families.put("aes_gcm", aes::gcm);
        families.put("aes_cbc_pkcs5", aes::cbc);
        families.put("aes_cmac|hmac_.*", new MacVectors(provider, tally)::mac);
        families.put("ecdh_.*", new AgreementVectors(provider, tally)::ecdh);
        KdfVectors kdf = new KdfVectors(provider, tally);
        families.put("hkdf_sha(256|384|512)", kdf::hkdf);
        families.put("aes_wrap|aes_kwp", new WrapVectors(provider, tally)::wrap);
        families.put("ed25519", newer::ed25519);
        families.put("x25519", newer::x25519);
        families.put("mldsa_.*_verify", newer::mlDsa);
        families.put("mldsa_.*_sign_.*", newer::mlDsaMu);
        families.put("chacha20_poly1305", newer::chaCha20);
        families.put("mlkem_(512|768|1024)", newer::mlKem);
        published = List.of(others::aesModes, others::digests, others::sha1Signatures, newer::ed25519ph,
            newer::tripleDes, kdf::rfc5869);
    }

    private List<Step> steps() throws IOException {
        Path directory = Path.of(System.getProperty("ferrohsm.test.wycheproof"));
        List<Step> steps = new ArrayList<>(published);
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                for (Map.Entry<String, Family> family : families.entrySet()) {
                    if (name.matches("(" + family.getKey() + ")_test\\.json")) {
                        steps.add(() -> run(family.getValue(), file));
                    }
                }
            }
        }
        return steps;
    }

    private static void run(Family family, Path path) throws Exception {
        VectorFile file = VectorFile.read(path);
        try {
            family.run(file);
        } catch (Exception e) {
            throw new IllegalStateException(file.name() + ": " + e, e);
        }
    }

    @Test
    void everyVectorOfEveryServiceIsRight() throws Exception {
        List<Step> steps = steps();
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (Step step : steps) {
                running.add(pool.submit(() -> {
                    step.run();
                    return null;
                }));
            }
            for (Future<?> one : running) {
                try {
                    one.get();
                } catch (ExecutionException e) {
                    e.printStackTrace();
                    tally.wrong(e.getCause().getMessage());
                }
            }
        } finally {
            pool.shutdownNow();
        }
        System.out.println("Vectors through the Java API on JDK " + Runtime.version().feature() + ", all of "
            + steps.size() + " sets:\n" + tally.table() + tally.total() + " answers, " + tally.wrong().size()
            + " wrong");
        assertEquals(List.of(), List.copyOf(tally.wrong()));
        assertEquals(Set.of(), servicesWithout(tally.covered()), "services that no vector was right for");
        assertTrue(tally.total() > 15_000, "only " + tally.total() + " answers");
    }

    private Set<String> servicesWithout(Set<String> covered) {
        Set<String> missing = new TreeSet<>();
        for (Provider.Service service : provider.getServices()) {
            String name = service.getType() + ' ' + service.getAlgorithm();
            if (WITHOUT_VECTORS.keySet().stream().noneMatch(start -> name.matches(start + ".*")) && !covered.contains(name)) {
                missing.add(name);
            }
        }
        return missing;
    }
}
