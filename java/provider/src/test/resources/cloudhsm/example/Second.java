package example;

import com.amazonaws.cloudhsm.jce.provider.CloudHsmCluster;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmClusterBuilder;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmLoggingConfig;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProviderConfig;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmServer;
import com.amazonaws.cloudhsm.jce.provider.OptionalParameters;
import java.security.AuthProvider;
import java.security.Security;
import java.security.Signature;
import java.security.KeyPairGenerator;

/** A second provider beside the first, with a configuration in code and a login of its own. */
final class Second {
    private static final String NAME = "second_cluster";

    private Second() {
    }

    static void use(String[] arguments) throws Exception {
        CloudHsmServer server = CloudHsmServer.builder().withHostIP(arguments[3]).withPort(Integer.valueOf(arguments[4]))
            .build();
        CloudHsmClusterBuilder builder = CloudHsmCluster.builder()
            .withClusterUniqueIdentifier(NAME)
            .withHsmCAFilePath(arguments[2])
            .withOptions(OptionalParameters.VALIDATE_KEY_AT_INIT, false)
            .withOptions(OptionalParameters.KEY_AVAILABILITY_CHECK, true)
            .withServer(server);
        // FerroHSM: begin of what CloudHSM does not need.
        builder.withClientCertificate(arguments[5], arguments[6]).withClusterId(arguments[7]).withDevCluster(true);
        // FerroHSM: end
        CloudHsmLoggingConfig logging = CloudHsmLoggingConfig.builder().withLogFile("/tmp/never-written.log")
            .withLogInterval("daily").withLogType("file").withLogLevel("info").build();
        CloudHsmProviderConfig config = CloudHsmProviderConfig.builder().withCluster(builder.build())
            .withCloudHsmLogging(logging).build();
        AuthProvider provider = new CloudHsmProvider(config);
        Security.addProvider(provider);
        Main.check("second name", Security.getProvider(NAME) == provider);
        Main.check("second login", Login.login(provider, arguments[0], arguments[1]).equals("logged in"));
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", NAME);
        Signature signature = Signature.getInstance("SHA256withECDSA", NAME);
        signature.initSign(generator.generateKeyPair().getPrivate());
        Main.check("second signs", signature.sign().length > 64);
        provider.logout();
    }
}
