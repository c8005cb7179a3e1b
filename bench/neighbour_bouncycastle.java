// How many signatures a second BouncyCastle makes: the document hashed, attributes of 450 bytes signed. Prints the rate.
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import org.bouncycastle.crypto.digests.GOST3411Digest;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

class Speed {
    public static void main(String[] words) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        byte[] document = Files.readAllBytes(Path.of(words[0]));
        int turns = Integer.parseInt(words[1]);
        KeyPairGenerator generator = KeyPairGenerator.getInstance("DSTU4145", "BC");
        generator.initialize(new ECGenParameterSpec("1.2.804.2.1.1.1.1.3.1.1.2.6"));
        KeyPair pair = generator.generateKeyPair();
        sign(pair, document, turns);
        long begun = System.nanoTime();
        sign(pair, document, turns);
        System.out.println(turns / ((System.nanoTime() - begun) / 1e9));
    }

    static void sign(KeyPair pair, byte[] document, int turns) throws Exception {
        byte[] digest = new byte[32];
        byte[] attributes = new byte[450];
        for (int turn = 0; turn < turns; turn++) {
            GOST3411Digest hash = new GOST3411Digest();
            hash.update(document, 0, document.length);
            hash.doFinal(digest, 0);
            Signature signature = Signature.getInstance("GOST3411WITHDSTU4145LE", "BC");
            signature.initSign(pair.getPrivate());
            signature.update(digest);
            signature.update(attributes);
            signature.sign();
        }
    }
}
